import auth from './auth.js';

export const { Authenticator, Refusal, allow, callerOf, express, fastify, grpcInterceptor, koa, protect, untilRevoked } = auth;
