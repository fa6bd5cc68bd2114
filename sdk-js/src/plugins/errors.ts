/**
 * One `$error` for each uncaught error and unhandled rejection: its kind, its message without what may be a person's,
 * and where it was thrown. At most ten a page and each of them once: a loop that throws is one fact. Not on by default.
 */

import { all, listen } from '../browser/listen.js';
import type { Make } from '../browser/web.js';
import { cleanText, cleanUrl } from '../core/scrub.js';

const MOST = 10;
const MAX_CHARS = 200;

export const errors: Make = () => ({
  name: 'errors',
  install({ track, guarded }) {
    const seen = new Set<string>();

    function say(kind: string, error: unknown, message: string, frame: string): void {
      // quoted values and numbers are where a message holds somebody's data
      const text = cleanText(message.slice(0, MAX_CHARS).replace(/(["'`]).*?\1|\d{5,}/g, '…'));
      const key = `${kind} ${text} ${frame}`;
      if (seen.has(key) || seen.size >= MOST) return;
      seen.add(key);
      track('$error', { kind, type: (error as Error | null)?.name, message: text, frame: frame || undefined });
    }
    const onError = guarded(({ error, message, filename, lineno, colno }: ErrorEvent) =>
      say('error', error, message, filename && `${cleanUrl(filename)}:${lineno}:${colno}`),
    );
    const onRejection = guarded(({ reason }: PromiseRejectionEvent) => {
      const frame = /\(?((?:https?|file):[^\s)]+?)(:\d+:\d+)/.exec(String(reason?.stack || ''));
      say('rejection', reason, String(reason?.message || reason), frame ? cleanUrl(frame[1] as string) + frame[2] : '');
    });
    return all([listen(window, 'error', onError), listen(window, 'unhandledrejection', onRejection)]);
  },
});
