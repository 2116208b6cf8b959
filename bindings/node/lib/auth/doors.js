'use strict';

const { Authenticator } = require('./authenticator.js');
const { Refusal } = require('./refusal.js');

/** The callers of requests. A request that is gone takes its caller with it. */
const callers = new WeakMap();

/** The request of `node:http` in what a framework gives. */
function rawOf(request) {
  return request.raw ?? request.req ?? request;
}

function callerOf(request) {
  return callers.get(rawOf(request)) ?? callers.get(request.metadata);
}

async function admit(authenticator, request) {
  const caller = await authenticator.authenticateRequest(request);
  if (caller !== undefined) callers.set(request, caller);
}

function refusalOf(error) {
  return error instanceof Refusal ? error : Refusal.undecided('the request could not be authenticated', error);
}

/** For `node:http`: wraps a handler. */
function protect(verifier, handler, options) {
  const authenticator = new Authenticator(verifier, options);
  return async (request, response) => {
    try {
      await admit(authenticator, request);
    } catch (error) {
      const { status, headers } = refusalOf(error);
      response.writeHead(status, headers).end();
      return;
    }
    await handler(request, response);
  };
}

/** For Express, Connect, and whatever else has `next`. */
function express(verifier, options) {
  const authenticator = new Authenticator(verifier, options);
  return (request, response, next) => {
    admit(authenticator, request).then(
      () => next(),
      (error) => {
        const { status, headers } = refusalOf(error);
        response.writeHead(status, headers).end();
      },
    );
  };
}

/** For Koa. */
function koa(verifier, options) {
  const authenticator = new Authenticator(verifier, options);
  return async (context, next) => {
    try {
      await admit(authenticator, context.req);
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
function fastify(verifier, options) {
  const authenticator = new Authenticator(verifier, options);
  return async (request, reply) => {
    try {
      await admit(authenticator, request.raw);
    } catch (error) {
      const { status, headers } = refusalOf(error);
      return reply.code(status).headers(headers).send();
    }
    return undefined;
  };
}

module.exports = { callerOf, callers, express, fastify, koa, protect };
