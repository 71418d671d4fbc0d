;; One step of Adam over at most 16,384 numbers, four at a time (SIMD). The source of `STEP` in adamKernel.ts.
;; Memory: p from byte 0 on, g from 65536, m from 131072, v from 196608; all float32.
(module
  (memory (export "memory") 4)
  (func (export "step") (param $bytes i32) (param $size f32) (param $epsilon f32) (param $decay f32)
    (local $at i32) (local $p v128) (local $g v128) (local $m v128) (local $v v128)
    (loop $next
      (local.set $p (v128.load (local.get $at)))
      ;; g <- g + decay p
      (local.set $g (f32x4.add (v128.load offset=65536 (local.get $at))
        (f32x4.mul (f32x4.splat (local.get $decay)) (local.get $p))))
      ;; m <- beta1 m + (1 - beta1) g
      (local.set $m (f32x4.add
        (f32x4.mul (f32x4.splat (f32.const 0.9)) (v128.load offset=131072 (local.get $at)))
        (f32x4.mul (f32x4.splat (f32.const 0.1)) (local.get $g))))
      ;; v <- beta2 v + (1 - beta2) g^2
      (local.set $v (f32x4.add
        (f32x4.mul (f32x4.splat (f32.const 0.999)) (v128.load offset=196608 (local.get $at)))
        (f32x4.mul (f32x4.splat (f32.const 0.001)) (f32x4.mul (local.get $g) (local.get $g)))))
      (v128.store offset=131072 (local.get $at) (local.get $m))
      (v128.store offset=196608 (local.get $at) (local.get $v))
      ;; p <- p - size m / (sqrt(v) + epsilon)
      (v128.store (local.get $at)
        (f32x4.sub (local.get $p)
          (f32x4.div (f32x4.mul (f32x4.splat (local.get $size)) (local.get $m))
            (f32x4.add (f32x4.sqrt (local.get $v)) (f32x4.splat (local.get $epsilon))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $bytes))))))
