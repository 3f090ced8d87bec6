// The page works without this file. It adds what only a script can: new
// messages by themselves, unread badges, the filter and the copy buttons.
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const thread = $('#thread'), pill = $('#pill'), live = $('#live'), filter = $('#filter');
  const title = document.title;

  // ── Scrolling: the newest message is in view, unless the reader has gone up.
  const atBottom = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 48;
  const toBottom = () => { thread.scrollTop = thread.scrollHeight; pill.hidden = true; };
  thread.addEventListener('scroll', () => { if (atBottom()) pill.hidden = true; }, { passive: true });
  pill.addEventListener('click', () => { toBottom(); thread.focus({ preventScroll: true }); });
  if ($('#newest')) toBottom();

  // ── Unread badges. The server knows no reader, so this browser keeps, for
  // each member, how many messages there were and which was the newest.
  const rows = () => [...document.querySelectorAll('.row')];
  const rowOf = (corp, user) => rows().find(r => r.dataset.corp === corp && r.dataset.user === user);
  const key = row => `phone ${location.pathname} ${row.dataset.corp}/${row.dataset.user}`;
  const recall = row => { try { return JSON.parse(localStorage.getItem(key(row))) || {}; } catch { return {}; } };
  const keep = row => {
    try { localStorage.setItem(key(row), JSON.stringify({ count: +row.dataset.count, last: row.dataset.last })); } catch { /* private mode */ }
  };
  const isOpen = row => row.hasAttribute('aria-current') && thread.getClientRects().length > 0;
  const badge = row => {
    if (isOpen(row)) keep(row);
    const seen = recall(row), count = +row.dataset.count;
    let unread = count - (seen.count || 0);
    if (unread < 0) unread = count; // the source was emptied since
    if (unread === 0 && count > 0 && seen.last !== row.dataset.last) unread = 1;
    const mark = $('.badge', row);
    mark.hidden = unread === 0;
    $('b', mark).textContent = unread > 99 ? '99+' : unread;
  };

  // ── The list: filter, and its place across pages.
  const narrow = () => {
    const wanted = filter.value.trim().toLowerCase();
    let any = false;
    for (const section of document.querySelectorAll('#members section')) {
      let some = false;
      for (const li of section.querySelectorAll('li')) {
        li.hidden = !$('.name', li).textContent.toLowerCase().includes(wanted);
        some ||= !li.hidden;
      }
      section.hidden = !some;
      any ||= some;
    }
    const none = $('#no-match');
    if (none) none.hidden = any || !wanted;
  };
  filter.addEventListener('input', narrow);
  filter.addEventListener('keydown', event => {
    if (event.key === 'Escape') { filter.value = ''; narrow(); }
    if (event.key === 'Enter') $('#members li:not([hidden]) .row')?.click();
  });
  const place = () => {
    try { sessionStorage.setItem('phone list', JSON.stringify([$('#members').scrollTop, filter.value])); } catch { /* private mode */ }
  };
  try {
    const [top, text] = JSON.parse(sessionStorage.getItem('phone list')) || [0, ''];
    filter.value = text;
    narrow();
    $('#members').scrollTop = top;
  } catch { /* nothing kept */ }
  rows().forEach(badge);

  // ── Copying, also where the clipboard is closed to pages without https.
  const copy = async text => {
    try { return await navigator.clipboard.writeText(text); } catch { /* try the old way */ }
    const area = Object.assign(document.createElement('textarea'), { value: text, readOnly: true, className: 'vh' });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  };
  document.addEventListener('click', async event => {
    const button = event.target.closest('.copy');
    if (button) {
      await copy($('pre', button.parentElement).textContent);
      const [before, after] = button.children;
      before.hidden = true; after.hidden = false;
      setTimeout(() => { before.hidden = false; after.hidden = true; }, 1600);
    }
    const how = $('.how[open]');
    if (how && !how.contains(event.target)) how.open = false;
  });
  document.addEventListener('keydown', event => {
    const how = $('.how[open]');
    if (event.key === 'Escape' && how) { how.open = false; $('summary', how).focus(); }
  });

  // ── Live.
  const { corp, user } = thread.dataset;
  let source, unseen = 0;

  const draw = (news, fresh) => {
    const box = document.createElement('template');
    box.innerHTML = news.html.trim(); // drawn and escaped by the server
    const li = box.content.firstElementChild, items = $('#items');
    const old = [...items.children].find(each => each.dataset.msgid === news.msgid);
    if (old) {
      $('.more', li).open = $('.more', old).open;
      document.dispatchEvent(new CustomEvent('phone:redraw', { detail: { before: old, after: li } }));
      old.replaceWith(li);
      return;
    }
    if (!fresh) return;
    const follow = atBottom();
    $('#hello')?.remove();
    li.classList.add('fresh-item');
    items.append(li);
    if (follow) {
      while (items.children.length > 600) items.firstElementChild.remove();
      toBottom();
    } else pill.hidden = false;
    if (document.hidden) document.title = `(${++unseen}) ${title}`;
  };
  // list tells the rows. What is older than a row's newest is no news: it only
  // changed, because somebody clicked or it was recalled. It says if any was.
  const list = news => {
    let fresh = false;
    for (const who of news.users) {
      const row = rowOf(news.corp, who);
      if (!row) continue;
      const time = $('time', row), again = row.dataset.last === news.msgid;
      if (!again && Date.parse(news.stamp) < Date.parse(time.dateTime)) continue;
      if (!again) { row.dataset.count = +row.dataset.count + 1; fresh = true; }
      row.dataset.last = news.msgid;
      $('.preview', row).textContent = news.preview;
      Object.assign(time, { textContent: news.brief, dateTime: news.stamp });
      badge(row);
    }
    return fresh;
  };
  const chipOf = news => [...document.querySelectorAll('#apps a')].find(a => news.chat
    ? a.dataset.chat === news.chat : !a.dataset.chat && a.dataset.app === String(news.agentid));

  // refresh takes parts of the page anew from the server: all of it after a
  // reset, the list alone after the line was cut.
  const refresh = async (...parts) => {
    const answer = await fetch(location.href, { cache: 'no-store' });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const marked = [...document.querySelectorAll('#apps .fresh')].map(a => a.getAttribute('href'));
    for (const part of parts) {
      const now = $(part), next = $(part, page), top = now.scrollTop;
      now.setAttribute('aria-busy', 'true'); // what was there already is not announced again
      now.replaceChildren(...next.childNodes);
      now.hidden = next.hidden;
      now.scrollTop = top;
      now.removeAttribute('aria-busy');
    }
    for (const a of document.querySelectorAll('#apps a')) if (marked.includes(a.getAttribute('href'))) a.classList.add('fresh');
    narrow();
    rows().forEach(row => {
      if (row.dataset.corp === corp && row.dataset.user === user) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
      badge(row);
    });
    if (parts.includes('#thread') && $('#newest')) toBottom();
  };

  const connect = () => {
    const address = new URL(thread.dataset.events, location.href);
    const newest = $('#items').lastElementChild;
    address.searchParams.set('after', newest ? newest.dataset.msgid : '');
    let again = false;
    source = new EventSource(address);
    source.onopen = () => {
      if (live) live.dataset.state = 'on';
      if (again) refresh('#members').catch(() => {});
      again = true;
    };
    source.onerror = () => {
      if (live) live.dataset.state = 'wait';
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 4000); // refused: not tried again by itself
    };
    source.addEventListener('message', event => {
      const news = JSON.parse(event.data);
      const fresh = list(news), mine = news.corp === corp && news.users.includes(user);
      const mark = () => { if (fresh && mine && !news.html) chipOf(news)?.classList.add('fresh'); };
      if (news.html) draw(news, true);
      mark();
      if (mine && !chipOf(news)) refresh('#apps').then(mark).catch(() => {});
    });
    source.addEventListener('update', event => {
      const news = JSON.parse(event.data);
      if (rowOf(news.corp, user)?.dataset.last === news.msgid) list(news);
      draw(news, false);
    });
    source.addEventListener('reset', () => refresh('#members', '#apps', '#thread').catch(() => {}));
  };
  connect();

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) { unseen = 0; document.title = title; }
  });
  addEventListener('pagehide', () => { place(); source.close(); });
  addEventListener('pageshow', event => {
    if (!event.persisted) return;
    refresh('#members').catch(() => {});
    connect();
  });
})();
