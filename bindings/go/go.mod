// The path of the module stands here and in its imports, and nowhere else: `make rename-go MODULE=…` changes both.
module boundtoken.dev/go

go 1.24
