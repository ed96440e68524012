// Progressive enhancement: the page works without this script too.
(function () {
  "use strict";
  history.scrollRestoration = "manual"; // a page that is visited again shows the open question
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  var log, root;

  function last() {
    var newest = log.lastElementChild;
    return newest ? Number(newest.dataset.entry) : 0;
  }

  // Not scrollIntoView: in a frame, it scrolls the framing page too.
  function toEnd(element) {
    window.scrollBy(0, element.getBoundingClientRect().bottom + 16 - window.innerHeight);
  }

  function fill(follow) {
    document.querySelectorAll('input[name="timezone"]').forEach(function (input) {
      input.value = zone;
    });
    if (follow) { // to the question, unless the newest messages would begin above the window
      var newest = log.querySelector('[data-entry="' + last() + '"]');
      toEnd(document.getElementById("ask"));
      var above = newest ? newest.getBoundingClientRect().top - 64 : 0;
      if (above < 0) window.scrollBy(0, above);
    }
    var trail = document.querySelector("#trail ol");
    if (trail) {
      trail.scrollLeft = trail.scrollWidth;
      trail.classList.toggle("cut", trail.scrollLeft > 0);
    }
    tick();
  }

  // Updates the number of minutes for which the time is still held.
  function tick() {
    var held = document.querySelector(".held");
    if (!held) return;
    if (!held.dataset.until) held.dataset.until = Date.now() + held.dataset.seconds * 1000;
    var left = Math.ceil((held.dataset.until - Date.now()) / 60000);
    var words = left <= 0 ? held.dataset.none : left === 1 ? held.dataset.one : held.dataset.many;
    held.textContent = words.replace("99", left);
  }

  var byKeyboard = false; // or screen reader: only then the focus is moved to the question
  document.addEventListener("keydown", function (event) {
    byKeyboard = true;
    var sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (sends && event.target.tagName === "TEXTAREA") { // Shift+Enter begins a new line
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
  document.addEventListener("focusin", function (event) { // browsers show it only in part
    if (event.target.closest("#trail")) {
      event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  });
  document.addEventListener("click", function (event) { // without a pointer, detail is 0
    byKeyboard = event.detail === 0;
  }, true);

  var sent = ""; // the value of the text field when a message was last sent
  document.addEventListener("htmx:configRequest", function (event) {
    var get = event.detail.verb === "get";
    event.detail.headers["X-Language"] = document.documentElement.lang;
    event.detail.headers.Accept = "text/html"; // so that errors are pages in the citizen's language
    event.detail.parameters[get ? "after" : "last"] = last();
    if (!get) sent = document.getElementById("text").value;
  });

  function plain(text) { return text.trim().replace(/\s+/g, " "); }

  // Two responses may bring the same entries: those on the page aren't shown or announced again.
  var typed = "", follow = true; // the text not yet sent, and whether to scroll to the question
  document.addEventListener("htmx:beforeSwap", function (event) {
    var detail = event.detail;
    if (detail.target !== log || detail.xhr.status !== 200) return;
    var newest = Number(detail.xhr.getResponseHeader("X-Last")), known = last();
    if (!newest || newest <= known) {
      detail.shouldSwap = false;
      if (!newest) fail(""); // not our page, but for example a public network's login
      return;
    }
    var holder = document.createElement("template");
    holder.innerHTML = detail.serverResponse;
    holder.content.querySelectorAll("[data-entry]").forEach(function (bubble) {
      if (Number(bubble.dataset.entry) <= known) bubble.remove();
    });
    var get = detail.requestConfig.verb === "get";
    typed = document.getElementById("text").value;
    if (!get && typed === sent) typed = "";
    holder.content.querySelectorAll(".citizen").forEach(function (bubble) {
      // It was received, although its own response was lost.
      if (plain(bubble.lastChild.textContent) === plain(typed)) typed = "";
    });
    follow = !get || document.getElementById("ask").getBoundingClientRect().top < innerHeight;
    log.querySelectorAll("#new").forEach(function (bubble) { bubble.removeAttribute("id"); });
    detail.serverResponse = holder.innerHTML;
  });

  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.detail.target !== log) return;
    var text = document.getElementById("text");
    if (typed && !text.value) text.value = typed;
    typed = "";
    fill(follow);
    listen();
    if (newest > last()) fetchNew();
    if (byKeyboard && document.activeElement === document.body) {
      document.getElementById("ask").focus({ preventScroll: true });
    }
  });

  function fail(reason) {
    var failed = document.querySelector(".failed");
    failed.textContent = reason || failed.dataset.stuck;
    failed.hidden = false;
    if (failed.getBoundingClientRect().bottom > window.innerHeight) toEnd(failed);
  }

  // A message that failed is sent again; its id makes the server answer it once.
  var waits = [1, 2, 4, 8, 15], temporary = [0, 429, 502, 503, 504];
  function retry(event) {
    var form = event.detail.elt, xhr = event.detail.xhr;
    if (form.tagName !== "FORM" || !document.contains(form)) return;
    var tries = Number(form.dataset.tries || 0);
    var again = tries < waits.length && temporary.indexOf(xhr.status) >= 0;
    form.dataset.tries = again ? tries + 1 : 0;
    if (!again) {
      var refused = xhr.status >= 400 && xhr.status < 500;
      var page = new DOMParser().parseFromString(xhr.responseText, "text/html");
      var reason = refused && page.querySelector("main.document p");
      return fail(reason ? reason.textContent : "");
    }
    fail(document.querySelector(".failed").dataset.again);
    var asked = Math.min(60, Number(xhr.getResponseHeader("Retry-After")) || 0);
    var values = event.detail.requestConfig.parameters;
    setTimeout(function () {
      htmx.ajax("POST", form.getAttribute("hx-post"), { source: form, values: values });
    }, Math.max(asked, waits[tries]) * 1000);
  }
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) {
    document.addEventListener(name, retry);
  });

  // Notifications, and what was written in another window. A hidden page doesn't listen.
  var stream = null, newest = 0, isDue = false;
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
      isDue = parts[1] === "1";
      if (newest !== last() || isDue) fetchNew();
    });
    stream.addEventListener("error", function () { // it reconnects by itself, but not when refused
      if (stream && stream.readyState === EventSource.CLOSED) {
        setTimeout(listen, 15000 + Math.random() * 30000);
      }
    });
  }
  function fetchNew() {
    if (document.querySelector(".htmx-request")) return; // tried again when that request has ended
    isDue = false;
    htmx.ajax("GET", root + "/later", { source: log, target: log, swap: "beforeend" });
  }
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.requestConfig.verb === "post") {
      setTimeout(function () { if (newest > last() || isDue) fetchNew(); }, 100);
    }
  });

  document.addEventListener("visibilitychange", function () { listen(); });
  var TYPED = "rantevou typed"; // other pages of the same site may keep something too
  // The text not yet sent is kept when the page is loaded again, but not when all is erased.
  var forgotten = false;
  document.addEventListener("submit", function (event) {
    forgotten = event.target.closest(".forget") !== null;
  });
  window.addEventListener("pagehide", function () {
    var text = document.getElementById("text");
    if (text.value && text.value !== sent && !forgotten) {
      sessionStorage.setItem(TYPED, text.value);
    }
    if (stream) { stream.close(); stream = null; }
  });
  window.addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });
  document.addEventListener("DOMContentLoaded", function () {
    log = document.getElementById("log");
    root = log.dataset.root;
    fill(true);
    listen();
    setInterval(tick, 10000);
    var text = document.getElementById("text");
    text.value = text.value || sessionStorage.getItem(TYPED) || "";
    sessionStorage.removeItem(TYPED);
  });
})();
