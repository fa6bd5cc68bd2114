export function lower(source: string): string;
