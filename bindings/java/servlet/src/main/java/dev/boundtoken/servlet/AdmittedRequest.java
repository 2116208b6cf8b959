package dev.boundtoken.servlet;

import dev.boundtoken.auth.Caller;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.security.Principal;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Optional;

/** A request that has passed a door. */
final class AdmittedRequest extends HttpServletRequestWrapper {
    private final Optional<Caller> caller;

    /** The header with the token. Null if the service may see it. */
    private final String hidden;

    AdmittedRequest(HttpServletRequest request, Optional<Caller> caller, String hidden) {
        super(request);
        this.caller = caller;
        this.hidden = hidden;
    }

    @Override
    public Principal getUserPrincipal() {
        return caller.isPresent() ? caller.get() : super.getUserPrincipal();
    }

    @Override
    public String getRemoteUser() {
        return caller.map(Caller::getName).orElseGet(super::getRemoteUser);
    }

    @Override
    public String getAuthType() {
        return caller.isPresent() ? "Bearer" : super.getAuthType();
    }

    @Override
    public String getHeader(String name) {
        return isHidden(name) ? null : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return isHidden(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        return Collections.enumeration(Collections.list(super.getHeaderNames()).stream().filter(name -> !isHidden(name)).toList());
    }

    @Override
    public int getIntHeader(String name) {
        return isHidden(name) ? -1 : super.getIntHeader(name);
    }

    @Override
    public long getDateHeader(String name) {
        return isHidden(name) ? -1 : super.getDateHeader(name);
    }

    private boolean isHidden(String name) {
        return name.equalsIgnoreCase(hidden);
    }
}
