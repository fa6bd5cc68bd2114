declare module 'jsdom' {
  export class JSDOM {
    constructor(html: string, options?: { url?: string });
    window: { document: { createElement(name: string): unknown; body: { appendChild(node: unknown): void } } };
  }
}
