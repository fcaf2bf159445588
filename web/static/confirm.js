// A link marked `data-asks` leads to a page that asks before it acts; here a dialog of that name asks in its stead.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-asks]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const dialog = document.getElementById(link.dataset.asks);
  for (const place of dialog.querySelectorAll("[data-scans]")) place.textContent = link.dataset.scans;
  dialog.showModal();
  event.preventDefault();
});
