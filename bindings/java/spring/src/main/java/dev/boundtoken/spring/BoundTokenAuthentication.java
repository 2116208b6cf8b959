package dev.boundtoken.spring;

import dev.boundtoken.auth.Caller;
import java.util.List;
import java.util.Objects;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/**
 * A request with a token. Before it is authenticated, it has the values of the header with the token. Afterwards it has a
 * {@link Caller} as principal, whose authorities are the groups of the user, such as {@code system:serviceaccounts:demo}. Then the
 * token is gone.
 */
public final class BoundTokenAuthentication extends AbstractAuthenticationToken {
    private static final long serialVersionUID = 1L;

    private final transient List<String> values;
    private final transient Caller caller;

    /**
     * A request that is not authenticated yet.
     *
     * @param values all values of the header with the token, as they were sent
     */
    public BoundTokenAuthentication(List<String> values) {
        super(List.of());
        this.values = List.copyOf(values);
        this.caller = null;
    }

    /**
     * An authenticated request.
     *
     * @param caller the caller
     */
    public BoundTokenAuthentication(Caller caller) {
        super(authorities(caller));
        this.values = List.of();
        this.caller = Objects.requireNonNull(caller, "caller");
        super.setAuthenticated(true);
    }

    private static List<GrantedAuthority> authorities(Caller caller) {
        return caller.token().groups().stream().<GrantedAuthority>map(SimpleGrantedAuthority::new).toList();
    }

    /**
     * The caller.
     *
     * @return the caller, null before the request is authenticated
     */
    @Override
    public Caller getPrincipal() {
        return caller;
    }

    /**
     * The values of the header with the token.
     *
     * @return the values, none after the request was authenticated
     */
    @Override
    public List<String> getCredentials() {
        return values;
    }

    @Override
    public String getName() {
        return caller == null ? "" : caller.getName();
    }

    /** Takes an authentication back. It cannot be given from outside. */
    @Override
    public void setAuthenticated(boolean isAuthenticated) {
        if (isAuthenticated) throw new IllegalArgumentException("only a caller is authenticated: use the constructor that takes one");
        super.setAuthenticated(false);
    }
}
