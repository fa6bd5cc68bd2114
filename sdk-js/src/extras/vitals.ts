/** `vitals.js`: the plugin with the `web-vitals` package, loaded by the script tag with `data-extras="vitals"`. */

export { vitals as default } from '../plugins/vitals.js';
