package dev.boundtoken.jaxrs;

import dev.boundtoken.auth.RequestRefusedException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;

/** Answers requests that are refused, with an empty body. */
final class RefusalMapper implements ExceptionMapper<RequestRefusedException> {
    @Override
    public Response toResponse(RequestRefusedException refusal) {
        Response.ResponseBuilder answer = Response.status(refusal.status());
        refusal.headers().forEach(answer::header);
        return answer.build();
    }
}
