/* The tests of exceptions.test.ts where functions are interpreted. */
import { configureWebAssembly } from './agent.js';

configureWebAssembly({ tier: 'interp' });
await import('./exceptions.test.js');
