// What a reader would stumble over on the page as it is now; `least` is the height in px a finger needs.
(least) => {
    const wide = document.documentElement.clientWidth;
    const scrolls = (e) => e.closest(".tabs, .nav, .table-wrap");
    const sticksOut = document.documentElement.scrollWidth <= wide ? [] :
        [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > wide + 1 && !scrolls(e))
        .map((e) => "sticks out: " + e.outerHTML.slice(0, 80)).slice(0, 10);
    // Links inside a sentence are text, and a label is pressed for its input. What comes after a full stop, or
    // is all there is, is no part of a sentence: it is pressed like a button.
    const said = (e, next) => { let text = ""; for (let n = e[next]; n; n = n[next]) {
        text = next === "previousSibling" ? n.textContent + text : text + n.textContent; } return text.trim(); };
    const alone = (e) => { const before = said(e, "previousSibling"), after = said(e, "nextSibling");
        return e.matches("p > a, .notice > a, .notice span > a") && !e.querySelector("img") &&
            /(^|[.!?…]["”»]?)$/.test(before) && /^($|[.!?…]$)/.test(after); };
    const small = [...document.querySelectorAll("a, button, summary, select, input, label.choice, label.pick")]
        .filter((e) => e.checkVisibility() && !e.matches(".skip, .choice input, .pick input, [type=hidden], dt a, .crumbs a"))
        .filter((e) => !e.matches("p a") || alone(e))
        .filter((e) => { const box = e.getBoundingClientRect(); return box.width && box.height < least - 0.5; })
        .map((e) => `too small (${e.getBoundingClientRect().height} px): ${e.outerHTML.slice(0, 80)}`);
    const named = (e) => e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length ||
        e.getAttribute("aria-labelledby") || e.querySelector("img[alt]");
    const unnamed = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
        .filter((e) => !named(e)).map((e) => "no name: " + e.outerHTML.slice(0, 100));
    const blind = [...document.querySelectorAll("img:not([alt])")].map((e) => "no alt: " + e.outerHTML.slice(0, 100));
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    const twice = ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => "id twice: " + id);
    return [...sticksOut, ...small, ...unnamed, ...blind, ...twice];
}
