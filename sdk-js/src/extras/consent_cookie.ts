/** `consent_cookie.js`: a cookie for the site's own servers, loaded by the script tag with `data-extras="consent_cookie"`. */

export { consentCookie as default } from '../plugins/consent_cookie.js';
