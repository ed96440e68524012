// Shows the button that prints; without scripts, the browser's own menu does the same.
document.querySelectorAll("button.print").forEach(function (button) {
  button.hidden = false;
  button.addEventListener("click", function () { window.print(); });
});
