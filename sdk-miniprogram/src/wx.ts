/**
 * The part of WeChat's API that we use, as types. Written by hand from the platform's documentation
 * (developers.weixin.qq.com/miniprogram/dev/api), so that nothing else can slip in; `test/typings` proves that
 * WeChat's own `miniprogram-api-typings` fit. What is optional came with a later base library (the number
 * behind it) or is missing inside plugins.
 */

/** WeChat's types say less of a listener that is taken back than of one that is given. */
type Off = (listener: never) => void;
type On<T> = (listener: (result: T) => void) => void;

export interface Wx {
  getStorageSync(key: string): unknown;
  setStorageSync(key: string, value: string): void;
  removeStorageSync(key: string): void;
  getStorageInfoSync(): { keys: string[] };
  setStorage(options: { key: string; data: string; success(): void; fail(): void }): unknown;
  removeStorage(options: { key: string; complete(): void }): unknown;
  request(options: RequestOptions): { abort(): void };
  login(options: { success(result: { code: string }): void; fail(error: Failure): void }): unknown;
  onAppShow?: On<Entry>; // 2.1.2, not in plugins
  offAppShow?: Off;
  onAppHide?: On<unknown>; // 2.1.2, not in plugins
  offAppHide?: Off;
  onError?: On<string | { message: string }>; // 2.1.2
  offError?: Off;
  onUnhandledRejection?: On<{ reason: unknown }>; // 2.10.0
  offUnhandledRejection?: Off;
  onBeforeAppRoute?: On<Route>; // 3.5.5, also in plugins
  offBeforeAppRoute?: Off;
  onAppRoute?: On<Route>; // 3.5.5
  offAppRoute?: Off;
  onNetworkStatusChange: On<Network & { isConnected: boolean }>;
  offNetworkStatusChange: Off;
  getNetworkType(options: { success(status: Network): void }): unknown;
  getWindowInfo?(): WindowInfo; // 2.20.1
  getDeviceInfo?(): DeviceInfo; // 2.20.1
  getAppBaseInfo?(): AppBaseInfo; // 2.20.1
  getAccountInfoSync?(): { miniProgram: { appId: string; version?: string } }; // 2.2.2
  getLaunchOptionsSync?(): Entry; // 2.1.2
  getEnterOptionsSync?(): Entry; // 2.9.4
  getUpdateManager?(): UpdateManager; // 1.9.90
  createIntersectionObserver(component: object, options: { thresholds: number[]; observeAll: boolean }): Observer;
  getPrivacySetting?(options: { success(setting: PrivacySetting): void; fail(): void }): unknown; // 2.32.3
  onNeedPrivacyAuthorization?(listener: (resolve: (answer: PrivacyAnswer) => void) => void): void; // 2.32.3
  requirePrivacyAuthorize?(options: { success(): void; fail(error: Failure): void }): unknown; // 2.32.3
  openPrivacyContract?(options: { fail?: (error: Failure) => void }): unknown; // 2.32.3
}

export interface Failure {
  errMsg: string;
}

export interface RequestOptions {
  url: string;
  method: 'GET' | 'POST';
  data: string;
  header: Record<string, string>;
  /** Anything but `json` leaves the answer as text. */
  dataType: string;
  timeout: number;
  success(answer: { statusCode: number; header: Record<string, string>; data: unknown }): void;
  fail(error: Failure): void;
}

export interface Network {
  networkType: string;
}

/** How the mini-program was started, or came to the front. */
export interface Entry {
  path: string;
  scene: number;
  query?: Record<string, unknown> | undefined;
  referrerInfo?: { appId: string };
}

export interface Route {
  path: string;
  openType: string;
  query?: Record<string, unknown>;
  notFound?: boolean;
}

export interface WindowInfo {
  pixelRatio: number;
  screenWidth: number;
  screenHeight: number;
  windowWidth: number;
  windowHeight: number;
}

export interface DeviceInfo {
  brand: string;
  model: string;
  system: string;
  platform: string;
}

export interface AppBaseInfo {
  language: string;
  version: string;
  SDKVersion: string;
}

export interface UpdateManager {
  onCheckForUpdate(listener: (result: { hasUpdate: boolean }) => void): void;
  onUpdateReady(listener: () => void): void;
  onUpdateFailed(listener: () => void): void;
}

export interface Observer {
  relativeToViewport(margins?: { bottom?: number }): Observer;
  observe(selector: string, seen: (result: Seen) => void): void;
  disconnect(): void;
}

export interface Seen {
  id: string;
  dataset: Record<string, unknown>;
  intersectionRatio: number;
}

export interface PrivacySetting {
  needAuthorization: boolean;
  privacyContractName: string;
}

export interface PrivacyAnswer {
  event: 'exposureAuthorization' | 'agree' | 'disagree';
  buttonId?: string;
}

/** A page instance, as far as it interests us. */
export interface PageInstance {
  route?: string;
  options?: Record<string, unknown>;
}

/** An event as a handler of the app gets it (framework/view/wxml/event). */
export interface Happened {
  type: string;
  timeStamp?: number;
  target?: WxmlNode;
  currentTarget: WxmlNode;
  detail?: { x?: number; y?: number };
}

export interface WxmlNode {
  id?: string;
  dataset?: Record<string, unknown>;
  offsetLeft?: number;
  offsetTop?: number;
}

/** What a page answers when it is asked what to share. */
export interface Card {
  path?: string;
  query?: string;
  promise?: unknown;
}
