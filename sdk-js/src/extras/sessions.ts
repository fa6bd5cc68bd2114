/** `sessions.js`: sessions that end at midnight or with a campaign, loaded by the script tag with `data-needs="sessions"`. */

export { sessions as default } from '../plugins/sessions.js';
