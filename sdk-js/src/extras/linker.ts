/** `linker.js`: one visitor over several domains, loaded by the script tag with `data-extras="linker"`. */

export { linker as default } from '../plugins/linker.js';
