/** `id_cookie.js`: the id cookie by the collector's header, loaded by the script tag with `data-extras="id_cookie"`. */

export { idCookie as default } from '../plugins/id_cookie.js';
