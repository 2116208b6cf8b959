'use strict';

const { report } = require('./log.js');
const { name, state } = require('./objects.js');
const { within } = require('./within.js');

const UNAVAILABLE = { state: 0 };

function failed(reference, error) {
  const { kind, namespace, name: objectName } = reference;
  const place = namespace ? `${namespace}/${objectName}` : objectName;
  report('error', `the look-up of ${kind} ${place} failed, so its state is unavailable: ${error?.message ?? error}`, error);
  return UNAVAILABLE;
}

/** Asks at once. A promise is too late. */
function askNow({ lookUp }, objects) {
  return objects.map((reference) => {
    try {
      const answer = lookUp(reference);
      if (typeof answer?.then === 'function') {
        Promise.resolve(answer).catch(() => undefined);
        throw new TypeError('an asynchronous look-up needs `await verify`');
      }
      return { reference: name(reference), state: state(answer) };
    } catch (error) {
      return { reference: name(reference), state: failed(reference, error) };
    }
  });
}

/** Asks for all objects together, for so long. */
async function ask({ lookUp, timeoutSeconds }, objects) {
  const one = async (reference) => {
    const late = () => new Error(`no answer within ${timeoutSeconds} seconds`);
    try {
      const answer = (async () => lookUp(reference))();
      return { reference: name(reference), state: state(await within(answer, timeoutSeconds, late)) };
    } catch (error) {
      return { reference: name(reference), state: failed(reference, error) };
    }
  };
  return Promise.all(objects.map(one));
}

module.exports = { ask, askNow };
