/** `scrub.js`: personal data taken out on the device, loaded by the script tag with `data-needs="scrub"`. */

export { scrubbing as default } from '../plugins/scrub.js';
