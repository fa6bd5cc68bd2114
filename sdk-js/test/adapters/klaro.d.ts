declare module 'klaro/dist/klaro-no-translations-no-css.js' {
  interface Manager {
    confirmed: boolean;
    savedConsents: Record<string, unknown>;
    config: { services: { name: string; purposes?: string[] }[] };
    watchers: Set<unknown>;
    watch(watcher: { update(manager: Manager, event: string): void }): void;
    unwatch(watcher: { update(manager: Manager, event: string): void }): void;
    updateConsent(name: string, value: boolean): void;
    changeAll(value: boolean): void;
    saveAndApplyConsents(): void;
    resetConsents(): void;
  }
  export function getManager(config: object): Manager;
  export function resetManagers(): void;
}
