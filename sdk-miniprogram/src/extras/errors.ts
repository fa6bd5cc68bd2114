/**
 * `$error` for errors and unhandled rejections of the app. Not on by default: a message is written by a program
 * and may quote what a person typed. Only its first line is kept, cut and cleaned; stacks stay on the device.
 */

import type { Plugin } from '../../../sdk-js/src/core/plugin.js';
import { cleanText } from '../../../sdk-js/src/core/scrub.js';
import { listen, undoing } from '../listen.js';

const MAX_CHARS = 200;
const MOST = 20;

export const errors = () => (): Plugin => ({
  name: 'errors',
  install({ track, guarded }) {
    let count = 0;
    const record = (kind: string, said: unknown) => {
      if (++count > MOST) return;
      const [first = ''] = String((said && (said as Error).message) || said).split('\n');
      track('$error', { kind, message: cleanText(first.slice(0, MAX_CHARS)) });
    };
    const onError = guarded((message: unknown) => record('error', message));
    const onRejection = guarded(({ reason }: { reason: unknown }) => record('rejection', reason));
    return undoing([listen('Error', onError), listen('UnhandledRejection', onRejection)]);
  },
});
