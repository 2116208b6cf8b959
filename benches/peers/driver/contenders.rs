//! The contenders. Each is one row of the table.

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Entry {
    pub name: &'static str,
    pub language: &'static str,
    /// Whether it checks each time that the pod of the token still exists.
    pub objects: bool,
    /// Whether it remembers tokens that it accepted, and is measured with those.
    pub again: bool,
    pub build: Build,
    /// Arguments of the program, before the folder of the inputs.
    pub arguments: &'static [&'static str],
}

/// How to build the program. Several rows may share one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// A binary of `rust/`, with these features.
    Rust { binary: &'static str, features: &'static str },
    /// `c/boundtoken.c` with the library that `make capi` builds with these features.
    OurC { features: &'static str },
    /// A package of `go/`.
    Go(&'static str),
    /// The programs of `node/`, with the packages that npm installs.
    Node,
    /// `node/ours.mjs`, with the package of bindings/node, as npm installs it.
    OurNode,
    /// The programs of `python/`, with the packages that pip installs.
    Python,
    /// `python/ours.py`, with the package that pip builds of bindings/python too.
    OurPython,
    /// The classes of `java/`, with the packages that Maven installs.
    Java,
    /// `java/ours`, with the classes of bindings/java and the library of `OurC`, by a JDK that is new enough.
    OurJava,
    /// A program of `c/` or `cpp/`, with libraries that pkg-config or the compiler finds on this system.
    System { source: &'static str, libraries: &'static str },
    /// Not a program: the development server, asked over HTTP.
    DevServer,
}

const RING: &str = "boundtoken-ring";
const AWS_LC: &str = "boundtoken-aws-lc-rs";
/// The fast paths for RS256 and ES256, on AWS-LC.
const FAST: &str = "boundtoken-fast";
/// What the packages for other languages have by default, but for clusters.
pub const DEFAULT_IN_C: &str = "aws-lc-rs fast-rsa";
/// What rows of these packages are called.
const BY_DEFAULT: &str = "boundtoken (aws-lc-rs, fast-rsa)";

/// The first row of each half, whose ratio is 1.
pub fn entries() -> Vec<Entry> {
    let first = |name, language, build, arguments| Entry {
        name,
        language,
        objects: false,
        again: false,
        build,
        arguments,
    };
    let bound = |entry: Entry| Entry { objects: true, ..entry };
    let again = |entry: Entry| Entry { again: true, ..entry };
    let ours =
        |name, features| bound(first(name, "Rust", Build::Rust { binary: "boundtoken", features }, &[]));
    let ours_in_c = |name, features| bound(first(name, "C", Build::OurC { features }, &[]));
    let jsonwebtoken =
        |name, features| first(name, "Rust", Build::Rust { binary: "jsonwebtoken", features }, &[]);
    let go = |name, package| first(name, "Go", Build::Go(package), &[]);
    let ours_in_python = bound(first(BY_DEFAULT, "Python", Build::OurPython, &["ours.py"]));
    let ours_in_node = bound(first(BY_DEFAULT, "Node", Build::OurNode, &["ours.mjs"]));
    let ours_in_java = bound(first(BY_DEFAULT, "Java", Build::OurJava, &[]));
    let ours_in_go = bound(go("boundtoken (Go's crypto)", "boundtoken"));
    let node = |name, arguments| first(name, "Node", Build::Node, arguments);
    let java = |name, arguments| first(name, "Java", Build::Java, arguments);
    let system =
        |name, language, source, libraries| first(name, language, Build::System { source, libraries }, &[]);
    let review = bound(first("TokenReview of the dev server", "HTTP", Build::DevServer, &[]));

    vec![
        ours("boundtoken (ring)", RING),
        ours("boundtoken (aws-lc-rs)", AWS_LC),
        ours("boundtoken (aws-lc-rs, fast-rsa, fast-p256)", FAST),
        ours_in_c("boundtoken (ring)", "ring"),
        ours_in_c("boundtoken (aws-lc-rs)", "aws-lc-rs"),
        ours_in_c(BY_DEFAULT, DEFAULT_IN_C),
        ours_in_go,
        ours_in_python,
        ours_in_node,
        ours_in_java,
        jsonwebtoken("jsonwebtoken (aws_lc_rs)", "jsonwebtoken-aws-lc-rs"),
        jsonwebtoken("jsonwebtoken (rust_crypto)", "jsonwebtoken-rust-crypto"),
        first("jwt-simple", "Rust", Build::Rust { binary: "jwt-simple", features: "jwt-simple" }, &[]),
        bound(go("kube-apiserver's authenticator", "kubernetes")),
        go("golang-jwt", "golangjwt"),
        go("go-oidc", "gooidc"),
        go("jwx", "jwx"),
        node("fast-jwt", &["fast-jwt.mjs"]),
        node("jose", &["jose.mjs"]),
        node("jsonwebtoken", &["jsonwebtoken.mjs"]),
        first("PyJWT", "Python", Build::Python, &["pyjwt.py"]),
        first("Authlib", "Python", Build::Python, &["authlib_jose.py"]),
        java("nimbus-jose-jwt", &["Nimbus"]),
        java("java-jwt", &["Auth0"]),
        system("libjwt", "C", "c/libjwt.c", "libjwt jansson libcrypto"),
        system("jwt-cpp", "C++", "cpp/jwt_cpp.cpp", "jwt-cpp libcrypto"),
        review,
        again(ours("boundtoken (ring)", RING)),
        again(ours("boundtoken (aws-lc-rs)", AWS_LC)),
        again(ours_in_c("boundtoken (ring)", "ring")),
        again(ours_in_c("boundtoken (aws-lc-rs)", "aws-lc-rs")),
        again(ours_in_go),
        again(ours_in_python),
        again(ours_in_node),
        again(ours_in_java),
        // It does not look up the objects of a cached token for ten seconds.
        again(go("kube-apiserver's token cache", "kubernetes")),
        again(node("fast-jwt, its cache", &["fast-jwt.mjs"])),
        again(review),
    ]
}
