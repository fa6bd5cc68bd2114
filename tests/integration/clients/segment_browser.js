// What a site's own bundle would hold: Segment's browser client as npm ships it, under a global name for the test.

import { AnalyticsBrowser } from '@segment/analytics-next';

window.AnalyticsBrowser = AnalyticsBrowser;
