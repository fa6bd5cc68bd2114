/** `errors.js`: the plugin alone in a file, loaded by the script tag with `data-extras="errors"`. */

export { errors as default } from '../plugins/errors.js';
