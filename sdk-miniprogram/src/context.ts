/** The facts of a mini-program at one moment. A page is its route; its query is left out, it often names a person. */

import type { Facts } from '../../sdk-js/src/core/protocol.js';
import { cleanUrl } from '../../sdk-js/src/core/scrub.js';

export function mpFacts(network: string | null): Facts {
  const window = wx.getWindowInfo ? wx.getWindowInfo() : wx.getSystemInfoSync();
  const device = wx.getDeviceInfo ? wx.getDeviceInfo() : wx.getSystemInfoSync();
  const base = wx.getAppBaseInfo ? wx.getAppBaseInfo() : wx.getSystemInfoSync();
  const { appId, version } = wx.getAccountInfoSync().miniProgram;
  const route = getCurrentPages().slice(-1)[0]?.route;
  const facts: Facts = {
    locale: base.language,
    screen: { width: window.screenWidth, height: window.screenHeight, density: window.pixelRatio },
    viewport: { width: window.windowWidth, height: window.windowHeight },
    os: { name: device.platform, version: device.system },
    device: { type: 'mobile', manufacturer: device.brand, model: device.model },
    app: { name: appId, ...(version && { version }) },
  };
  if (route) {
    const path = `/${cleanUrl(route)}`;
    facts.page = { path };
  }
  if (network) facts.network = network;
  if (wx.getEnterOptionsSync) facts.scene = wx.getEnterOptionsSync().scene;
  return facts;
}
