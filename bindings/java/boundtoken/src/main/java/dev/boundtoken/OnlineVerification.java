package dev.boundtoken;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A verification that may wait for clusters. */
final class OnlineVerification<T> extends Waiting<T> {
    private final Function<Facts, T> result;

    private OnlineVerification(Function<Facts, T> result) {
        this.result = result;
    }

    static <T> CompletableFuture<T> start(
            MemorySegment verifier, String token, VerifyOptions options, Function<Facts, T> result) {
        OnlineVerification<T> verification = new OnlineVerification<>(result);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = Texts.bytes(arena, token);
            MemorySegment how = Judging.options(arena, options);
            verification.begin(
                    (callback, userdata, free, made, error) -> Functions.verificationStart(
                            verifier, bytes, bytes.byteSize(), how, callback, userdata, free, made, error),
                    Functions::verificationFree,
                    "verification");
        }
        if (!verification.future.isDone()) verification.limit(options);
        return verification.future;
    }

    /** After so long, what is known decides. The timer ends with the verification. */
    private void limit(VerifyOptions options) {
        CompletableFuture<Void> timer =
                new CompletableFuture<Void>().completeOnTimeout(null, options.timeout.toMillis(), TimeUnit.MILLISECONDS);
        timer.thenRunAsync(() -> look(true));
        future.whenComplete((verdict, failure) -> timer.cancel(false));
    }

    @Override
    T finish(MemorySegment address, boolean atOnce) {
        try (Arena arena = Arena.ofConfined()) {
            Facts facts = Judging.judge(arena, (buffer, capacity, needed) ->
                    Functions.verificationFinish(address, atOnce ? 1 : 0, buffer, capacity, needed));
            return facts == null ? null : result.apply(facts);
        }
    }

    @Override
    void giveBack(T late) {
        // It owns nothing.
    }
}
