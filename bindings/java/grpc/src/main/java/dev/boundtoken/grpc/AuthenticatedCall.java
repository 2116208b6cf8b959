package dev.boundtoken.grpc;

import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.RequestRefusedException;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.Optional;
import java.util.function.Supplier;

/** A call that ends with a refusal: of its request, or of its caller while it streams. */
final class AuthenticatedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private Optional<Caller> streaming = Optional.empty();
    private volatile boolean isOver;
    private volatile boolean isRefused;

    AuthenticatedCall(ServerCall<Q, A> call) {
        super(call);
    }

    /** Starts the call, whose events reach the method while the caller is good. */
    ServerCall.Listener<Q> start(Supplier<ServerCall.Listener<Q>> starting) {
        try {
            return new Events(starting.get());
        } catch (RequestRefusedException refusal) {
            refuse(refusal);
            return new ServerCall.Listener<>() {};
        }
    }

    /** From now on, a stream ends with this caller. */
    void admit(Optional<Caller> caller) {
        if (getMethodDescriptor().getType() != MethodType.UNARY) streaming = caller;
    }

    @Override
    public void sendMessage(A message) {
        try {
            if (!isOver) streaming.ifPresent(Caller::demandAgain);
        } catch (RequestRefusedException refusal) {
            refuse(refusal);
        }
        // A refusal may come from another thread.
        synchronized (this) {
            if (!isOver) super.sendMessage(message);
        }
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
        if (!isOver) super.sendHeaders(headers);
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
        if (isOver) return;
        isOver = true;
        super.close(status, trailers);
    }

    @Override
    public boolean isCancelled() {
        return isRefused || super.isCancelled();
    }

    private void refuse(RequestRefusedException refusal) {
        isRefused = true;
        close(status(refusal).withDescription(refusal.description()), new Metadata());
    }

    /** The status of gRPC for one of HTTP. */
    private static Status status(RequestRefusedException refusal) {
        return switch (refusal.status()) {
            case 400, 401 -> Status.UNAUTHENTICATED;
            case 403 -> Status.PERMISSION_DENIED;
            case 503 -> Status.UNAVAILABLE;
            default -> Status.INTERNAL;
        };
    }

    /** What the method is told, by one thread at a time. */
    private final class Events extends SimpleForwardingServerCallListener<Q> {
        private boolean isTold;

        Events(ServerCall.Listener<Q> listener) {
            super(listener);
        }

        @Override
        public void onMessage(Q message) {
            whileGood(() -> {
                streaming.ifPresent(Caller::demandAgain);
                super.onMessage(message);
            });
        }

        @Override
        public void onHalfClose() {
            whileGood(super::onHalfClose);
        }

        @Override
        public void onReady() {
            whileGood(super::onReady);
        }

        @Override
        public void onComplete() {
            if (isRefused) onCancel();
            else super.onComplete();
        }

        @Override
        public void onCancel() {
            if (isTold) return;
            isTold = true;
            super.onCancel();
        }

        /** Passes an event on. A method learns of a refusal as of a client that is gone. */
        private void whileGood(Runnable event) {
            if (isOver) return;
            try {
                event.run();
            } catch (RequestRefusedException refusal) {
                refuse(refusal);
                onCancel();
            }
        }
    }
}
