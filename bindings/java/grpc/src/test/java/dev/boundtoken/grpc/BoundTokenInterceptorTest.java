package dev.boundtoken.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.boundtoken.ApiServer;
import dev.boundtoken.Captured;
import dev.boundtoken.Cluster;
import dev.boundtoken.ClusterOptions;
import dev.boundtoken.ObjectAnswer;
import dev.boundtoken.ObjectStore;
import dev.boundtoken.Verifier;
import dev.boundtoken.auth.Authenticator;
import dev.boundtoken.auth.Caller;
import dev.boundtoken.auth.Policy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class BoundTokenInterceptorTest {
    private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String SUBJECT = "system:serviceaccount:demo:app";
    private static final MethodDescriptor<String, String> GREET = method("Greet", MethodType.UNARY);
    private static final MethodDescriptor<String, String> DEMAND = method("Demand", MethodType.UNARY);
    private static final MethodDescriptor<String, String> OPEN = method("Open", MethodType.UNARY);
    private static final MethodDescriptor<String, String> CHAT = method("Chat", MethodType.BIDI_STREAMING);
    private static final MethodDescriptor<String, String> WATCH = method("Watch", MethodType.SERVER_STREAMING);
    private final String token = Captured.fresh("grpc");

    private static MethodDescriptor<String, String> method(String name, MethodType type) {
        MethodDescriptor.Marshaller<String> text = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(String value) {
                return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public String parse(InputStream stream) {
                try {
                    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            }
        };
        return MethodDescriptor.newBuilder(text, text).setType(type).setFullMethodName("demo.Greeter/" + name).build();
    }

    /** A server, and the channel to it. */
    private static final class Service implements AutoCloseable {
        final AtomicInteger calls = new AtomicInteger();
        final Inside inside = new Inside();
        final CountDownLatch cancelled = new CountDownLatch(1);
        private final Server server;
        private final ManagedChannel channel;

        Service(Authenticator authenticator) throws IOException {
            server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                    .addService(ServerServiceDefinition.builder("demo.Greeter")
                            .addMethod(GREET, ServerCalls.asyncUnaryCall(this::greet))
                            .addMethod(DEMAND, ServerCalls.asyncUnaryCall(this::demand))
                            .addMethod(OPEN, ServerCalls.asyncUnaryCall(this::greet))
                            .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(this::chat))
                            .addMethod(WATCH, ServerCalls.asyncServerStreamingCall(this::watch))
                            .build())
                    // The last is called first.
                    .intercept(inside)
                    .intercept(new BoundTokenInterceptor(authenticator, Set.of("demo.Greeter/Open")))
                    .build()
                    .start();
            channel = Grpc.newChannelBuilderForAddress("127.0.0.1", server.getPort(), InsecureChannelCredentials.create()).build();
        }

        private String greeting() {
            calls.incrementAndGet();
            return BoundTokenInterceptor.caller().map(Caller::getName).orElse("nobody");
        }

        private void greet(String request, StreamObserver<String> answers) {
            answers.onNext(greeting());
            answers.onCompleted();
        }

        private void demand(String request, StreamObserver<String> answers) {
            BoundTokenInterceptor.caller().orElseThrow().demand(Policy.namespaces("elsewhere"));
            greet(request, answers);
        }

        private StreamObserver<String> chat(StreamObserver<String> answers) {
            return new StreamObserver<>() {
                @Override
                public void onNext(String message) {
                    answers.onNext(greeting());
                }

                @Override
                public void onError(Throwable failure) {
                    cancelled.countDown();
                }

                @Override
                public void onCompleted() {
                    answers.onCompleted();
                }
            };
        }

        /** Sends until it is told to stop. */
        private void watch(String request, StreamObserver<String> answers) {
            ServerCallStreamObserver<String> observer = (ServerCallStreamObserver<String>) answers;
            String greeting = greeting();
            while (!observer.isCancelled()) {
                if (!observer.isReady()) {
                    Thread.onSpinWait();
                    continue;
                }
                observer.onNext(greeting);
            }
            cancelled.countDown();
        }

        Channel with(String... values) {
            Metadata headers = new Metadata();
            for (String value : values) headers.put(AUTHORIZATION, value);
            return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        }

        String call(MethodDescriptor<String, String> method, String... values) {
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS);
            return ClientCalls.blockingUnaryCall(with(values), method, options, "x");
        }

        Status refused(MethodDescriptor<String, String> method, String... values) {
            return assertThrows(StatusRuntimeException.class, () -> call(method, values)).getStatus();
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }

    /** Stands between the door and the methods. */
    private static final class Inside implements ServerInterceptor {
        final AtomicReference<String> seen = new AtomicReference<>();

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            seen.set(headers.get(AUTHORIZATION));
            return next.startCall(call, headers);
        }
    }

    @Test
    void onlyAuthenticatedCallsReachAMethod() throws Exception {
        try (Verifier verifier = Captured.verifier();
                Service service = new Service(Authenticator.of(verifier))) {
            assertEquals(SUBJECT, service.call(GREET, "Bearer " + token));
            assertNull(service.inside.seen.get(), "the token is taken out");
            int before = service.calls.get();
            assertStatus(Status.Code.UNAUTHENTICATED, "the request has no token", service.refused(GREET));
            assertStatus(Status.Code.UNAUTHENTICATED, "the request has no token", service.refused(GREET, "Basic eDp5"));
            assertStatus(
                    Status.Code.UNAUTHENTICATED, "a part of the token is not canonical base64url",
                    service.refused(GREET, "Bearer " + token + "x"));
            assertStatus(
                    Status.Code.UNAUTHENTICATED, "the request has more than one header with a token",
                    service.refused(GREET, "Bearer " + token, "Bearer " + token));
            assertEquals(before, service.calls.get());
            assertEquals("nobody", service.call(OPEN));
            assertEquals("nobody", service.call(OPEN, "Bearer x"));
            assertNull(service.inside.seen.get());
        }
        try (Verifier verifier = Captured.verifier();
                Service service = new Service(Authenticator.builder(verifier).keepToken().build())) {
            assertEquals(SUBJECT, service.call(GREET, "Bearer " + token));
            assertEquals("Bearer " + token, service.inside.seen.get());
        }
    }

    private static void assertStatus(Status.Code code, String description, Status status) {
        assertEquals(code, status.getCode());
        assertEquals(description, status.getDescription());
    }

    @Test
    void policiesAndOutages() throws Exception {
        String forbidden = "the policy does not allow this caller";
        try (Verifier verifier = Captured.verifier();
                Service service = new Service(Authenticator.builder(verifier).policy(Policy.namespaces("other")).build())) {
            assertStatus(Status.Code.PERMISSION_DENIED, forbidden, service.refused(GREET, "Bearer " + token));
        }
        try (Verifier verifier = Captured.asking(reference -> ObjectAnswer.unavailable());
                Service service = new Service(Authenticator.of(verifier))) {
            assertEquals(Status.Code.UNAVAILABLE, service.refused(GREET, "Bearer " + token).getCode());
        }
        Verifier closed = Captured.verifier();
        closed.close();
        try (Service service = new Service(Authenticator.of(closed))) {
            assertStatus(Status.Code.INTERNAL, "the caller could not be authenticated", service.refused(GREET, "Bearer " + token));
        }
        try (Verifier verifier = Captured.verifier();
                Service service = new Service(Authenticator.builder(verifier).optional().build())) {
            assertStatus(Status.Code.PERMISSION_DENIED, forbidden, service.refused(DEMAND, "Bearer " + token));
            assertEquals("nobody", service.call(GREET));
            assertEquals(Status.Code.UNAUTHENTICATED, service.refused(GREET, "Bearer x").getCode());
        }
    }

    /** What a client hears of a stream. */
    private static final class Heard implements StreamObserver<String> {
        final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

        @Override
        public void onNext(String message) {
            events.add(message);
        }

        @Override
        public void onError(Throwable failure) {
            events.add(Status.fromThrowable(failure).getCode());
        }

        @Override
        public void onCompleted() {
            events.add("completed");
        }

        Object next() throws InterruptedException {
            return events.poll(60, TimeUnit.SECONDS);
        }
    }

    private static StreamObserver<String> chat(Channel channel, Heard heard) {
        return ClientCalls.asyncBidiStreamingCall(channel.newCall(CHAT, CallOptions.DEFAULT), heard);
    }

    @Test
    void aStreamEndsWithItsCaller() throws Exception {
        try (ObjectStore store = Captured.store();
                Verifier verifier = Captured.builder(store).build();
                Service service = new Service(Authenticator.of(verifier))) {
            Heard whole = new Heard();
            StreamObserver<String> messages = chat(service.with("Bearer " + token), whole);
            messages.onNext("x");
            assertEquals(SUBJECT, whole.next());
            messages.onCompleted();
            assertEquals("completed", whole.next());
            assertEquals(1, service.cancelled.getCount());

            Heard heard = new Heard();
            messages = chat(service.with("Bearer " + token), heard);
            messages.onNext("x");
            assertEquals(SUBJECT, heard.next());
            store.delete(Captured.POD);
            messages.onNext("x");
            assertEquals(Status.Code.UNAUTHENTICATED, heard.next());
            assertTrue(service.cancelled.await(60, TimeUnit.SECONDS), "the method is not told");
            int before = service.calls.get();
            Heard refused = new Heard();
            chat(service.with("Bearer " + token), refused).onNext("x");
            assertEquals(Status.Code.UNAUTHENTICATED, refused.next());
            assertEquals(before, service.calls.get());
        }
    }

    @Test
    void aStreamOfAnswersEndsToo() throws Exception {
        try (ObjectStore store = Captured.store();
                Verifier verifier = Captured.builder(store).build();
                Service service = new Service(Authenticator.of(verifier))) {
            Iterator<String> answers = ClientCalls.blockingServerStreamingCall(
                    service.with("Bearer " + token), WATCH, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), "x");
            assertEquals(SUBJECT, answers.next());
            store.delete(Captured.POD);
            StatusRuntimeException end = assertThrows(StatusRuntimeException.class, () -> answers.forEachRemaining(answer -> {}));
            assertStatus(Status.Code.UNAUTHENTICATED, "the pod that the token is bound to does not exist", end.getStatus());
            assertTrue(service.cancelled.await(60, TimeUnit.SECONDS), "the method goes on");
        }
    }

    @Test
    void aClusterThatIsFollowedEndsAStream() throws Exception {
        try (ApiServer server = ApiServer.development();
                Cluster cluster = Cluster.connect(ClusterOptions.DEFAULT.kubeconfig(server.kubeconfig));
                Verifier verifier = Verifier.builder().cluster(cluster).audience("vault").build();
                Service service = new Service(Authenticator.of(verifier))) {
            server.createPod("app-0");
            Iterator<String> answers = ClientCalls.blockingServerStreamingCall(
                    service.with("Bearer " + server.token("app-0")), WATCH,
                    CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), "x");
            assertEquals(SUBJECT, answers.next());
            server.deletePod("app-0");
            StatusRuntimeException end = assertThrows(StatusRuntimeException.class, () -> answers.forEachRemaining(answer -> {}));
            assertEquals(Status.Code.UNAUTHENTICATED, end.getStatus().getCode());
        }
    }
}
