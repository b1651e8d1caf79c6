// A dialog: one question over the page, closed by Escape.
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import css from './dialog.module.css';

interface Props {
  title: string;
  isOpen: boolean;
  close: () => void;
  children: ReactNode;
}

/** A dialog with a title. */
export function Dialog({ title, isOpen, close, children }: Props) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(opens) => {
        if (!opens) close();
      }}
      isDismissable
      className={css.over ?? ''}
    >
      <Modal className={`${css.modal} appears`}>
        <AriaDialog className={css.dialog ?? ''}>
          <Heading slot="title">{title}</Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
