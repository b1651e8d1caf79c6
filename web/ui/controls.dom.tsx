// Buttons, fields and notices: one of each, on components whose keyboard and screen-reader behaviour is known.
import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  FieldError,
  Input,
  Label,
  Text,
  TextField,
  type ButtonProps,
  type TextFieldProps,
} from 'react-aria-components';
import type { Trouble } from '../core/words';
import css from './controls.module.css';

/** A button; the main one of a page, or a quiet one. */
export function Button({ look = 'main', ...rest }: ButtonProps & { look?: 'main' | 'quiet' | 'icon' }) {
  return <AriaButton {...rest} className={`${css.button} ${css[look]}`} />;
}

interface FieldProps extends Omit<TextFieldProps, 'children'> {
  label: string;
  hint?: string;
  placeholder?: string;
}

/** One line that a person types, with what it is and what to know about it. Where nothing else is said, the browser does not remember it. */
export function Field({ label, hint, placeholder, autoComplete = 'off', ...rest }: FieldProps) {
  return (
    <TextField {...rest} autoComplete={autoComplete} className={css.field ?? ''}>
      <Label>{label}</Label>
      <Input className={css.input ?? ''} {...(placeholder === undefined ? {} : { placeholder })} />
      {hint === undefined ? null : (
        <Text slot="description" className="quiet small">
          {hint}
        </Text>
      )}
      <FieldError className={css.error ?? ''} />
    </TextField>
  );
}

/** Something that a person should know; read out when it appears. */
export function Notice({ kind, children }: { kind: 'warn' | 'bad' | 'calm'; children: ReactNode }) {
  return (
    <div role={kind === 'bad' ? 'alert' : 'status'} className={`${css.notice} ${css[kind]} appears`}>
      {children}
    </div>
  );
}

/** What did not work, why, and what to do. */
export function Failed({ trouble }: { trouble: Trouble | null }) {
  if (trouble === null) return null;
  return (
    <Notice kind="bad">
      <p>{trouble.title}</p>
      {trouble.remedy === null ? null : <p className="small">{trouble.remedy}</p>}
    </Notice>
  );
}
