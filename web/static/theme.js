// A classic script in the head, so that the page is never painted in the wrong theme.
(() => {
  const choices = ["system", "dark", "light"];
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // Storage may be forbidden: the system's theme then.
    }
  }

  function show(choice) {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
  }

  let current = choices.includes(stored()) ? stored() : "system";
  show(current);

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const label = () => {
      button.textContent = `Theme: ${current}`;
    };
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      current = choices[(choices.indexOf(current) + 1) % choices.length];
      show(current);
      label();
      try {
        localStorage.setItem("theme", current);
      } catch {
        // Chosen for this page only.
      }
    });
  });
})();
