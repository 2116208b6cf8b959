// Compiled, not run: the same from CommonJS.
import boundtoken = require('boundtoken');

export const version: string = boundtoken.version;
export const store: boundtoken.ObjectStore = new boundtoken.ObjectStore();
