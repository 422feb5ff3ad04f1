// Fetches the page again every two seconds while nobody reads inside a message, and puts new messages on top.
const EVERY_MILLISECONDS = 2000;
const box = document.getElementById("refresh");

async function refresh() {
  if (!box.checked || document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = document.getElementById("messages");
  document.getElementById("count").textContent = fresh.getElementById("count").textContent;
  const known = new Set([...list.querySelectorAll("article")].map((article) => article.id));
  const coming = [...fresh.querySelectorAll("article")];
  for (const article of coming.filter((one) => known.has(one.id))) {
    const shown = document.getElementById(article.id);
    for (const part of [".state", ".states", ".call"]) {
      const [now, then] = [article.querySelector(part), shown.querySelector(part)];
      if (now && now.outerHTML !== then.outerHTML) then.replaceWith(now);
    }
  }
  document.getElementById("count").after(...coming.filter((one) => !known.has(one.id)));
  const kept = new Set(coming.map((article) => article.id));
  for (const article of list.querySelectorAll("article")) if (!kept.has(article.id)) article.remove();
  if (coming.length) list.querySelector(".none")?.remove();
}

setInterval(() => refresh().catch(() => {}), EVERY_MILLISECONDS);
