//! Stands in for an operating system: serial output, memory, and the parts of `std` that the sources use.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::asm;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The serial port.
pub struct Serial;

const PORT: u16 = 0x3f8;

fn write(register: u16, value: u8) {
    unsafe { asm!("out dx, al", in("dx") PORT + register, in("al") value) };
}

fn read(register: u16) -> u8 {
    let value;
    unsafe { asm!("in al, dx", in("dx") PORT + register, out("al") value) };
    value
}

/// 115,200 baud, eight bits.
pub fn prepare() {
    for (register, value) in [(1, 0), (3, 0x80), (0, 1), (1, 0), (3, 3), (2, 0xc7), (4, 3)] {
        write(register, value);
    }
}

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while read(5) & 0x20 == 0 {}
            write(0, byte);
        }
        Ok(())
    }
}

#[macro_export]
macro_rules! println {
    ($($text:tt)*) => {{
        use core::fmt::Write as _;
        let _ = core::writeln!($crate::board::Serial, $($text)*);
    }};
}

pub fn finish(verdict: &str) -> ! {
    println!("{verdict}");
    while read(5) & 0x40 == 0 {}
    // Ends Bochs.
    for byte in *b"Shutdown" {
        unsafe { asm!("out dx, al", in("dx") 0x8900_u16, in("al") byte) };
    }
    loop {
        core::hint::spin_loop();
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("{info}");
    finish("FAILED")
}

/// An allocator that never frees memory.
struct Heap(AtomicUsize);

#[global_allocator]
static HEAP: Heap = Heap(AtomicUsize::new(64 << 20));

unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.0.fetch_add(layout.size() + layout.align(), Relaxed);
        start.next_multiple_of(layout.align()) as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// Stands in for `std::sync::LazyLock`. There are no threads.
pub struct LazyLock<T>(core::cell::LazyCell<T>);

unsafe impl<T> Sync for LazyLock<T> {}

impl<T> LazyLock<T> {
    pub const fn new(make: fn() -> T) -> Self {
        Self(core::cell::LazyCell::new(make))
    }
}

impl<T> core::ops::Deref for LazyLock<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Stands in for `is_x86_feature_detected!`: reads a bit of CPUID leaf 7. boot.s turns on the registers.
pub fn has(bit: u32) -> bool {
    core::arch::x86_64::__cpuid_count(7, 0).ebx >> bit & 1 == 1
}
