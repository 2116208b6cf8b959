# From the boot loader's 32 bits to 64, with the vector registers turned on.
.section .multiboot, "a"
.align 4
.long 0x1badb002, 0, -0x1badb002
.section .note.GNU-stack, "", @progbits
.text
.code32
.global _start
_start:
    mov $stack_top, %esp
    # The first gigabyte as it is, in pages of 2 MB.
    movl $directories + 3, tables
    movl $pages + 3, directories
    xor %ecx, %ecx
1:  mov %ecx, %eax
    shl $21, %eax
    or $0x83, %eax
    movl %eax, pages(, %ecx, 8)
    inc %ecx
    cmp $512, %ecx
    jne 1b
    mov $tables, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x40620, %eax           # PAE, OSFXSR, OSXMMEXCPT, OSXSAVE
    mov %eax, %cr4
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax             # long mode
    wrmsr
    mov %cr0, %eax
    and $~0x0c, %eax            # not EM, TS
    or $0x80000003, %eax        # PG, MP, PE
    mov %eax, %cr0
    lgdt descriptor
    ljmp $8, $long
.code64
long:
    mov $16, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    xor %ecx, %ecx
    xor %edx, %edx
    mov $0xe7, %eax             # x87, SSE, AVX, AVX-512
    xsetbv
    mov $stack_top, %rsp
    call start

.global memcpy, memmove, memset, memcmp, bcmp, rust_eh_personality, _Unwind_Resume
memcpy:
    mov %rdi, %rax
    mov %rdx, %rcx
    rep movsb
    ret
memmove:
    mov %rdi, %rax
    mov %rdx, %rcx
    cmp %rsi, %rdi
    jbe 1f
    lea -1(%rdi, %rdx), %rdi
    lea -1(%rsi, %rdx), %rsi
    std
    rep movsb
    cld
    ret
1:  rep movsb
    ret
memset:
    mov %rdi, %r8
    mov %esi, %eax
    mov %rdx, %rcx
    rep stosb
    mov %r8, %rax
    ret
bcmp:
memcmp:
    xor %ecx, %ecx
2:  cmp %rdx, %rcx
    je 3f
    movzbl (%rdi, %rcx), %eax
    movzbl (%rsi, %rcx), %r8d
    inc %rcx
    sub %r8d, %eax
    je 2b
    ret
3:  xor %eax, %eax
    ret
rust_eh_personality:
_Unwind_Resume:
    hlt

.section .rodata
.align 8
segments: .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
descriptor: .word 23
    .long segments
.bss
.align 4096
tables: .skip 4096
directories: .skip 4096
pages: .skip 4096
.skip 1 << 20
stack_top:
