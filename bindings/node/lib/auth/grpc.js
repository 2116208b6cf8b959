'use strict';

const { Authenticator } = require('./authenticator.js');
const { callers } = require('./doors.js');
const { Refusal } = require('./refusal.js');

/** The codes of gRPC for the statuses of HTTP. */
const CODES = { 400: 'UNAUTHENTICATED', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 503: 'UNAVAILABLE' };

/** How a call is answered that does not pass. The details say no more than a challenge would. */
function answer(grpc, error) {
  const { status, description } = error instanceof Refusal ? error : { status: 500, description: 'the call could not be authenticated' };
  return { code: grpc.status[CODES[status] ?? 'INTERNAL'], details: description };
}

/**
 * An interceptor for servers of `@grpc/grpc-js`, which is given by the program, so that there is one copy of it. No message reaches the
 * method before the caller is known.
 */
function grpcInterceptor(grpc, verifier, options = {}) {
  const authenticator = new Authenticator(verifier, options);
  const { header = 'authorization', keepToken = false } = options;
  return (_method, call) =>
    new grpc.ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            authenticator.authenticate(metadata.get(header).map(String)).then(
              (caller) => {
                if (!keepToken) metadata.remove(header);
                if (caller !== undefined) callers.set(metadata, caller);
                pass(metadata);
              },
              (error) => call.sendStatus(answer(grpc, error)),
            );
          },
        });
      },
    });
}

module.exports = { grpcInterceptor };
