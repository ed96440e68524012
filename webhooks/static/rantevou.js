// What a page without scripts does by itself is made smoother here; nothing depends on it.
(function () {
  "use strict";
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

  function fill() {
    document.querySelectorAll('input[name="timezone"]').forEach(function (input) {
      input.value = zone;
    });
    var log = document.getElementById("log");
    var last = log && log.lastElementChild;
    if (last) last.scrollIntoView({ block: "nearest" });
    var ask = document.getElementById("ask");
    if (ask && ask.offsetHeight < window.innerHeight) ask.scrollIntoView({ block: "nearest" });
    var trail = document.querySelector("#trail ol");
    if (trail) trail.scrollLeft = trail.scrollWidth;
  }

  var pressed = false; // by keyboard: whoever taps wants no jumping focus
  document.addEventListener("keydown", function () { pressed = true; });
  document.addEventListener("pointerdown", function () { pressed = false; });

  document.addEventListener("htmx:afterSettle", function () {
    fill();
    if (pressed && document.activeElement === document.body) {
      document.getElementById("ask").focus();
    }
  });

  // The same message is sent again until it arrives: its id makes it count once.
  var waits = [1, 2, 4, 8, 15];
  function retry(event) {
    var status = event.detail.xhr.status;
    if (status && status !== 429 && status !== 503) return;
    var form = event.detail.elt;
    var tries = Number(form.dataset.tries || 0);
    if (tries >= waits.length || !document.contains(form)) return;
    form.dataset.tries = tries + 1;
    var failed = document.querySelector(".failed");
    if (failed) failed.hidden = false;
    var values = event.detail.requestConfig.parameters;
    setTimeout(function () {
      htmx.ajax("POST", form.getAttribute("hx-post"), { source: form, values: values });
    }, waits[tries] * 1000);
  }
  document.addEventListener("htmx:sendError", retry);
  document.addEventListener("htmx:responseError", retry);
  document.addEventListener("DOMContentLoaded", fill);
})();
