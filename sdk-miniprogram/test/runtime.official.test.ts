import { journey } from './journey.js';

journey('official');
