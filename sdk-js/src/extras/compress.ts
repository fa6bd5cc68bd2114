/** `compress.js`: batches compressed on their way, loaded by the script tag with `data-extras="compress"`. */

export { compress as default } from '../plugins/compress.js';
