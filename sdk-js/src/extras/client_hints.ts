/** `client_hints.js`: what the browser says of its device, loaded by the script tag with `data-extras="client_hints"`. */

export { clientHints as default } from '../plugins/client_hints.js';
