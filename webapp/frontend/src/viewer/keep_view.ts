// The zoom is kept when going on to another spectrum: links with `data-keep-view` get the view's address.

export function keepView(): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-keep-view]") : null;
    if (link) link.hash = location.hash;
  });
}
