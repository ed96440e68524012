// What a page without scripts does by itself is made smoother here; nothing depends on it.
(function () {
  "use strict";
  history.scrollRestoration = "manual"; // whoever comes back sees the open question
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  var log, root;

  function last() {
    var newest = log.lastElementChild;
    return newest ? Number(newest.dataset.entry) : 0;
  }

  function fill() {
    document.querySelectorAll('input[name="timezone"]').forEach(function (input) {
      input.value = zone;
    });
    // The question is in view, but never at the price of the beginning of what was just said.
    var newest = log.querySelector('[data-entry="' + last() + '"]');
    document.getElementById("ask").scrollIntoView({ block: "end" });
    if (newest && newest.getBoundingClientRect().top < 64) newest.scrollIntoView({ block: "start" });
    var trail = document.querySelector("#trail ol");
    if (trail) {
      trail.scrollLeft = trail.scrollWidth;
      trail.classList.toggle("cut", trail.scrollLeft > 0);
    }
    tick();
  }

  // The time that is kept runs out while one types.
  function tick() {
    var held = document.querySelector(".held");
    if (!held) return;
    if (!held.dataset.until) held.dataset.until = Date.now() + held.dataset.seconds * 1000;
    var left = Math.ceil((held.dataset.until - Date.now()) / 60000);
    var words = left <= 0 ? held.dataset.none : left === 1 ? held.dataset.one : held.dataset.many;
    held.textContent = words.replace("99", left);
  }

  var pressed = false; // by keyboard: whoever taps wants no jumping focus
  document.addEventListener("keydown", function (event) {
    pressed = true;
    var sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (sends && event.target.tagName === "TEXTAREA") { // as in any messenger
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
  document.addEventListener("focusin", function (event) { // a browser leaves it half cut
    if (event.target.closest("#trail")) {
      event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  });
  document.addEventListener("pointerdown", function () { pressed = false; });

  document.addEventListener("htmx:configRequest", function (event) {
    event.detail.headers["X-Language"] = document.documentElement.lang;
    event.detail.parameters[event.detail.verb === "get" ? "after" : "last"] = last();
  });

  // Two answers may bring the same: what is here already isn't shown, nor announced, again.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var newest = Number(event.detail.xhr.getResponseHeader("X-Last"));
    if (!newest || event.detail.target !== log) return;
    var known = last();
    if (newest <= known) { event.detail.shouldSwap = false; return; }
    var holder = document.createElement("template");
    holder.innerHTML = event.detail.serverResponse;
    holder.content.querySelectorAll("[data-entry]").forEach(function (bubble) {
      if (bubble.dataset.entry && Number(bubble.dataset.entry) <= known) bubble.remove();
    });
    event.detail.serverResponse = holder.innerHTML;
    var text = document.getElementById("text");
    typed = event.detail.requestConfig.verb === "get" && text ? text.value : "";
    var written = typed.trim().replace(/\s+/g, " ");
    holder.content.querySelectorAll(".citizen").forEach(function (bubble) {
      if (bubble.textContent.indexOf(written) >= 0) typed = ""; // it was taken, its answer lost
    });
  });

  var typed = ""; // what is half written when somebody else's answer changes the question
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.detail.target !== log) return;
    var text = document.getElementById("text");
    if (typed && !text.value) text.value = typed;
    typed = "";
    fill();
    listen();
    if (newest > last()) fetchNew();
    if (pressed && document.activeElement === document.body) {
      document.getElementById("ask").focus();
    }
  });

  // The same message is sent again until it arrives: its id makes it count once.
  var waits = [1, 2, 4, 8, 15], passing = [0, 429, 502, 503, 504];
  function retry(event) {
    var form = event.detail.elt, xhr = event.detail.xhr;
    if (form.tagName !== "FORM" || !document.contains(form)) return;
    var tries = Number(form.dataset.tries || 0);
    var again = tries < waits.length && passing.indexOf(xhr.status) >= 0;
    var failed = document.querySelector(".failed");
    failed.textContent = again ? failed.dataset.again : failed.dataset.stuck;
    failed.hidden = false;
    form.dataset.tries = again ? tries + 1 : 0;
    if (!again) return;
    var asked = Math.min(60, Number(xhr.getResponseHeader("Retry-After")) || 0);
    var values = event.detail.requestConfig.parameters;
    setTimeout(function () {
      htmx.ajax("POST", form.getAttribute("hx-post"), { source: form, values: values });
    }, Math.max(asked, waits[tries]) * 1000);
  }
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) {
    document.addEventListener(name, retry);
  });

  // What comes later, or was said in another window. A hidden page needs none of it yet.
  var stream = null, newest = 0;
  function listen() {
    var wanted = last() > 0 && document.visibilityState === "visible" && "EventSource" in window;
    if (stream && (!wanted || stream.readyState === EventSource.CLOSED)) {
      stream.close();
      stream = null;
    }
    if (!wanted || stream) return;
    stream = new EventSource(root + "/events");
    stream.addEventListener("news", function (event) {
      var parts = event.data.split(" ");
      newest = Number(parts[0]);
      if (newest !== last() || parts[1] === "1") fetchNew();
    });
  }
  function fetchNew() {
    if (document.querySelector(".htmx-request")) return; // its answer will bring it
    htmx.ajax("GET", root + "/later", { source: log, target: log, swap: "beforeend" });
  }

  document.addEventListener("visibilitychange", function () { listen(); });
  window.addEventListener("pagehide", function () { if (stream) { stream.close(); stream = null; } });
  window.addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });
  document.addEventListener("DOMContentLoaded", function () {
    log = document.getElementById("log");
    root = log.dataset.root;
    fill();
    listen();
    setInterval(tick, 10000);
  });
})();
