// Return what a person without a mouse, with weak eyes or with a screen reader would miss.
() => {
  const wrong = [];
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  const name = (one) => (one.getAttribute("aria-label") || one.labels?.[0]?.innerText
    || one.innerText || one.alt || "").trim();
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title.trim()) wrong.push("no title");
  if (all("h1").length !== 1) wrong.push(`${all("h1").length} h1`);
  if (all("main").length !== 1) wrong.push("not one main");
  let level = 0;
  for (const one of all("h1, h2, h3, h4")) {
    const now = Number(one.tagName[1]);
    if (now > level + 1) wrong.push(`heading skips to ${one.tagName}: ${one.innerText}`);
    level = now;
  }
  for (const one of all("a, button, input:not([type=hidden]), select, textarea, summary, img")) {
    if (!name(one) && !one.hasAttribute("aria-labelledby")) wrong.push(`no name: ${one.outerHTML}`);
  }
  for (const one of all("th")) if (!one.scope) wrong.push(`th without scope: ${one.innerText}`);
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`id twice: ${id}`);
  for (const one of all("[aria-describedby], [aria-labelledby]")) {
    const id = one.getAttribute("aria-describedby") ?? one.getAttribute("aria-labelledby");
    if (!document.getElementById(id)) wrong.push(`nothing is called ${id}`);
  }
  // WCAG 2.2, 1.4.3: contrast of text against the first ground behind it that is not transparent.
  const parts = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(one) || one.closest("[disabled], noscript")) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(parts(style.color)), light(ground(one))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < (large ? 3 : 4.5)) wrong.push(`contrast ${contrast.toFixed(2)}: ${one.outerHTML.slice(0, 120)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) wrong.push("the page scrolls sideways");
  return wrong;
}
