// What is within messages: the controls of cards, which stay disabled without
// this file, and pictures in full size.
(() => {
  'use strict';
  const thread = document.querySelector('#thread');

  // ── Controls come alive wherever a message is drawn, now or later.
  const enliven = () => {
    for (const control of thread.querySelectorAll('form:not([aria-busy]) [data-live]:disabled')) control.disabled = false;
  };
  new MutationObserver(enliven).observe(thread, { childList: true, subtree: true });
  enliven();

  // ── A click on a card: {"msgid", "user", "key", "option_ids": {question: [id]}}.
  const chosen = form => {
    const ids = {};
    for (const box of form.querySelectorAll('[data-question]')) {
      const select = box.querySelector('select');
      ids[box.dataset.question] = select ? [select.value] : [...box.querySelectorAll('input:checked')].map(input => input.value);
    }
    return ids;
  };
  const say = (form, text, failed) => {
    const said = form.querySelector('.said');
    said.textContent = text;
    said.classList.toggle('failed', failed);
  };
  const reason = async answer => {
    const text = (await answer.text()).trim().slice(0, 400);
    try { return JSON.parse(text).error || text; } catch { return text || answer.statusText; }
  };
  const post = async (form, button) => {
    const answer = await fetch('_sim/click', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        msgid: form.dataset.msgid, user: thread.dataset.user, key: button.value,
        option_ids: button.name === 'menu' ? {} : chosen(form),
      }),
    });
    if (!answer.ok) throw new Error(await reason(answer));
  };
  document.addEventListener('submit', async event => {
    event.preventDefault();
    const form = event.target, button = event.submitter;
    if (!form.dataset.msgid || !button?.value || form.hasAttribute('aria-busy')) return;
    const controls = [...form.querySelectorAll('[data-live]:enabled')];
    const work = post(form, button); // reads the choices, before they are disabled
    say(form, '', false);
    form.setAttribute('aria-busy', 'true');
    button.classList.add('working');
    controls.forEach(control => { control.disabled = true; });
    try {
      await work;
      form.dataset.sent = 'true';
      say(form, thread.dataset.sent, false); // an "update" draws the card anew
      closeMenus();
    } catch (error) {
      say(form, `${thread.dataset.failed}: ${error.message}`, true);
    }
    button.classList.remove('working');
    form.removeAttribute('aria-busy');
    enliven();
  });

  // ── A card that is drawn anew keeps what was chosen and not yet sent, and
  // the place of the reader's focus.
  const fields = form => [...form.querySelectorAll('[data-question] :is(select, input)')];
  document.addEventListener('phone:redraw', event => {
    const { before, after } = event.detail, old = before.querySelector('form.tpl'), now = after.querySelector('form.tpl');
    if (!old || !now) return;
    const proposed = select => Math.max(0, [...select.options].findLastIndex(o => o.defaultSelected));
    const changed = fields(old).some(f => f.matches('select') ? f.selectedIndex !== proposed(f) : f.checked !== f.defaultChecked);
    const same = (a, b) => a && a.name === b.name && a.type === b.type && (b.matches('select') || a.value === b.value);
    if (changed && !old.hasAttribute('aria-busy') && !old.dataset.sent) {
      const kept = fields(old);
      fields(now).forEach((f, i) => {
        if (!same(kept[i], f) || !f.hasAttribute('data-live')) return;
        if (f.matches('select')) { if ([...f.options].some(o => o.value === kept[i].value)) f.value = kept[i].value; }
        else f.checked = kept[i].checked;
      });
    }
    if (old.contains(document.activeElement)) {
      const { name, value } = document.activeElement;
      queueMicrotask(() => {
        enliven();
        const again = [...now.elements].find(each => each.name === name && each.value === value && !each.disabled);
        (again || thread).focus({ preventScroll: true });
      });
    }
  });

  // ── Menus of cards close like any menu.
  const closeMenus = except => {
    for (const menu of thread.querySelectorAll('.menu[open]')) if (menu !== except) menu.open = false;
  };
  document.addEventListener('click', event => closeMenus(event.target.closest('.menu')));
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    const menu = document.activeElement?.closest('.menu[open]');
    closeMenus();
    menu?.querySelector('summary').focus();
  });

  // ── Pictures in full size, over the page. A click with a modifier key is the
  // browser's own.
  thread.addEventListener('click', event => {
    const shot = event.target.closest('.shot');
    if (!shot || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const dialog = document.createElement('dialog'), image = new Image(), small = shot.querySelector('img');
    Object.assign(image, { src: small.src, alt: small.alt });
    dialog.className = 'full';
    dialog.append(image);
    dialog.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => { dialog.remove(); shot.focus({ preventScroll: true }); });
    document.body.append(dialog);
    dialog.showModal();
  });
})();
