import { journey } from './journey.js';

journey('simulate');
