/**
 * The part of WeChat's API that we use, as types. Written by hand from the platform's documentation
 * (developers.weixin.qq.com/miniprogram/dev/api), so that nothing else can slip in.
 */

export interface Wx {
  getStorageSync(key: string): unknown;
  setStorageSync(key: string, value: string): void;
  removeStorageSync(key: string): void;
  getStorageInfoSync(): { keys: string[] };
  request(options: {
    url: string;
    method: 'POST';
    data: string;
    header: Record<string, string>;
    /** Anything but `json` leaves the answer as text. */
    dataType: 'text';
    success(answer: { statusCode: number; header: Record<string, string>; data: unknown }): void;
    fail(): void;
  }): { abort(): void };
  onAppShow(run: () => void): void;
  onAppHide(run: () => void): void;
  offAppShow(run: () => void): void;
  offAppHide(run: () => void): void;
  onNetworkStatusChange(run: (status: { isConnected: boolean; networkType: string }) => void): void;
  offNetworkStatusChange(run: (status: { isConnected: boolean; networkType: string }) => void): void;
  getNetworkType(options: { success(status: { networkType: string }): void }): void;
  /** Base library 2.20.1; before that `getSystemInfoSync` holds all three. */
  getWindowInfo?(): WindowInfo;
  getDeviceInfo?(): DeviceInfo;
  getAppBaseInfo?(): AppBaseInfo;
  getSystemInfoSync(): WindowInfo & DeviceInfo & AppBaseInfo;
  getEnterOptionsSync?(): { scene: number };
  getAccountInfoSync(): { miniProgram: { appId: string; version: string } };
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
}

declare global {
  const wx: Wx;
  function getCurrentPages(): { route: string }[];
  function setTimeout(run: () => void, ms: number): number;
  function clearTimeout(timer: number): void;
}
