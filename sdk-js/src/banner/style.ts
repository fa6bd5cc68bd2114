/**
 * The looks, as one constructable stylesheet: a strict Content-Security-Policy lets it through without
 * `unsafe-inline`, and the page's own styles cannot reach in. Colours, radius and font are custom properties
 * (`--firsthand-*`), which pass through the shadow boundary. Directions are logical, so right-to-left needs no rule.
 * "Reject all" and "accept all" share one rule and one grid: neither can be made more prominent than the other.
 */

/** `s` surface, `t` text, `m` muted text, `l` lines, `a` accent, `o` what is written on it, `w` the tint of a remark. */
const DARK = `color-scheme:dark;--s:var(--firsthand-surface,#1b2127);--t:var(--firsthand-text,#eef2f5);--m:var(--firsthand-muted,#a9b4be);--l:#3a444d;--a:var(--firsthand-accent,#8fd3c7);--o:var(--firsthand-on-accent,#10201e);--w:#fff1`;

export const CSS = `:host{all:initial;--s:var(--firsthand-surface,#fff);--t:var(--firsthand-text,#1c2530);--m:var(--firsthand-muted,#566270);--l:#e1e5ea;--a:var(--firsthand-accent,#1f5f5b);--o:var(--firsthand-on-accent,#fff);--w:#0f5c5412}
@media (prefers-color-scheme:dark){:host(:not([theme=light])){${DARK}}}
:host([theme=dark]){${DARK}}
*{box-sizing:border-box}
.bar,dialog,.handle{position:fixed;z-index:2147483000;font:16px/1.5 var(--firsthand-font,system-ui,sans-serif);color:var(--t);background:var(--s);border:1px solid var(--l);border-radius:var(--firsthand-radius,18px);outline:none;box-shadow:0 12px 48px #0003;overflow-wrap:anywhere}
.bar{inset:auto 0 max(16px,env(safe-area-inset-bottom));margin:auto;width:min(640px,100% - 24px);max-height:calc(100% - 32px);overflow:auto;padding:22px 24px 14px}
h2{margin:0 0 6px;font-size:1.15em;line-height:1.3}
p,small{margin:0 0 10px;font-size:.9em;color:var(--m);unicode-bidi:plaintext}
small{margin:0}
a,button{color:var(--a)}
button{font:inherit;font-weight:600;min-height:44px;padding:8px 16px;border-radius:99px;border:1.5px solid var(--a);background:none;cursor:pointer}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:10px;margin-top:14px}
.pair button{background:var(--a);color:var(--o)}
button:hover{filter:brightness(1.1)}
.wide{width:100%;margin-top:10px}
.bar .wide,.handle button,.x{border-color:#0000}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}
.ok{padding:10px 14px;border-radius:12px;background:var(--w);color:var(--t)}
dialog{inset:0;margin:auto;width:min(560px,100% - 24px);max-height:min(740px,100% - 24px);padding:0;overflow:hidden}
dialog[open]{display:flex;flex-direction:column}
dialog::backdrop{background:#0009}
.top{display:flex;padding:20px 24px 6px}
.top h2{flex:1;margin:6px 0}
.x{width:44px;padding:0;color:inherit;font-size:1.4em;margin-inline-end:-12px}
.in{flex:1;min-height:0;overflow:auto;padding:0 24px 12px}
.foot{padding:0 24px 18px;border-top:1px solid var(--l)}
.row{display:grid;grid-template-columns:1fr auto;gap:2px 16px;padding:14px 0;border-top:1px solid var(--l);cursor:pointer}
h3{margin:14px 0 0;font-size:1em}
b{font-weight:600;color:var(--t)}
input{appearance:none;width:46px;height:28px;margin:0;border-radius:99px;border:2px solid var(--m);position:relative;cursor:pointer}
input:before{content:"";position:absolute;inset-block:4px;inset-inline-start:4px;width:16px;border-radius:50%;background:var(--m)}
input:checked{background:var(--a);border-color:var(--a)}
input:checked:before{inset-inline-start:22px;background:var(--o)}
input:disabled{opacity:.5}
.handle{inset:auto auto max(12px,env(safe-area-inset-bottom));inset-inline-start:12px;max-width:calc(100% - 24px);font-size:13px;box-shadow:0 2px 10px #0002;border-radius:22px}
.handle span{display:inline-block;padding:8px 14px;color:var(--m)}
.said{position:fixed;top:0;clip-path:inset(50%)}
@media (max-height:440px){dialog{overflow:auto}.in{flex:none}}
@media (prefers-reduced-motion:no-preference){.bar,dialog{animation:up .2s}@keyframes up{from{opacity:0;translate:0 9px}}}
@media (forced-colors:active){input{appearance:auto}input:before{content:none}button{border-color:ButtonText!important}}
@media print{:host{display:none}}`;

/** Puts the stylesheet on a shadow root. Where none can be constructed (Safari before 16.4) a style element does. */
export function dress(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.textContent = CSS;
    root.append(style);
  }
}
