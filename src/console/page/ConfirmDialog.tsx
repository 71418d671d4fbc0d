import { useEffect, useRef } from 'preact/hooks';
import type { Knowledge } from '../messages.js';
import type { Order } from './state.js';
import { count } from './wording.js';

/** Asks whether a class shall really be unlearned, or brought back. Escape and Cancel do nothing. */
export function ConfirmDialog({
  order,
  knowledge,
  onCancel,
  onConfirm,
}: {
  readonly order: Omit<Order, 'id'> | null;
  readonly knowledge: Knowledge | null;
  readonly onCancel: () => void;
  readonly onConfirm: (order: Omit<Order, 'id'>) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (order) dialog.current?.showModal();
    else dialog.current?.close();
  }, [order]);
  const vectors = knowledge?.classes.find(({ name }) => name === order?.name)?.vectors ?? 0;
  return (
    <dialog ref={dialog} onClose={onCancel} aria-labelledby="confirm" aria-describedby="confirm-more">
      {order && (
        <>
          <h2 id="confirm">
            {order.kind === 'unlearn' ? `Unlearn ${order.name}?` : `Relearn ${order.name}?`}
          </h2>
          <p id="confirm-more">
            {order.kind === 'unlearn'
              ? `${count(vectors)} vectors move to DB-MU. After that, no answer names ${order.name}. The weights still contain it, so you can relearn it. “lethe erase” deletes it for good.`
              : `${count(vectors)} vectors move back to DB-CIL, and answers name ${order.name} again.`}
          </p>
          <div class="choices">
            <button type="button" onClick={onCancel}>
              Cancel
            </button>
            <button type="button" class={`strong ${order.kind}`} onClick={() => onConfirm(order)}>
              {order.kind === 'unlearn' ? `Unlearn ${order.name}` : `Relearn ${order.name}`}
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
