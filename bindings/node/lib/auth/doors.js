'use strict';

const { Admission } = require('./admission.js');
const { Authenticator } = require('./authenticator.js');
const { Refusal } = require('./refusal.js');

async function admit(authenticator, request, response) {
  const admission = new Admission(authenticator, await authenticator.authenticateRequest(request)).keepFor(request);
  response.once('close', () => admission.end());
}

/** Lets an admitted request through to one route. */
async function admitToRoute(policy, request) {
  const admission = Admission.of(request);
  if (admission === undefined) throw Refusal.undecided('no door stands before this route');
  admission.demand(policy);
}

/** What decides for a whole service. */
function serviceOf(verifier, options) {
  const authenticator = new Authenticator(verifier, options);
  return (request, response) => admit(authenticator, request, response);
}

/** What decides for one route. */
function routeOf(policy) {
  if (typeof policy !== 'function') throw new TypeError('policy must be a function');
  return (request) => admitToRoute(policy, request);
}

function refusalOf(error) {
  return error instanceof Refusal ? error : Refusal.undecided('the request could not be authenticated', error);
}

function answer(response, error) {
  const { status, headers } = refusalOf(error);
  response.writeHead(status, headers).end();
}

/** For `node:http`: wraps a handler. */
function protectBy(passes, handler) {
  return async (request, response) => {
    try {
      await passes(request, response);
    } catch (error) {
      answer(response, error);
      return;
    }
    await handler(request, response);
  };
}

/** For Express, Connect, and whatever else has `next`. */
function expressBy(passes) {
  return (request, response, next) => {
    passes(request, response).then(
      () => next(),
      (error) => answer(response, error),
    );
  };
}

/** For Koa. */
function koaBy(passes) {
  return async (context, next) => {
    try {
      await passes(context.req, context.res);
    } catch (error) {
      const { status, headers } = refusalOf(error);
      context.set(headers);
      context.body = null;
      context.status = status;
      return undefined;
    }
    return next();
  };
}

/** For Fastify: a hook for `onRequest`. */
function fastifyBy(passes) {
  return async (request, reply) => {
    try {
      await passes(request.raw, reply.raw);
    } catch (error) {
      const { status, headers } = refusalOf(error);
      return reply.code(status).headers(headers).send();
    }
    return undefined;
  };
}

/** A door for a service, with one for its routes. */
function door(by) {
  const made = (verifier, options) => by(serviceOf(verifier, options));
  return Object.freeze(Object.assign(made, { require: (policy) => by(routeOf(policy)) }));
}

const protect = Object.freeze(
  Object.assign((verifier, handler, options) => protectBy(serviceOf(verifier, options), handler), {
    require: (policy, handler) => protectBy(routeOf(policy), handler),
  }),
);

module.exports = { express: door(expressBy), fastify: door(fastifyBy), koa: door(koaBy), protect };
