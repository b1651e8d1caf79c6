// Where the page begins.
import { createRoot } from 'react-dom/client';
import { InWords } from '../ui/words.dom';
import { App } from './app.dom';

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <InWords>
      <App />
    </InWords>,
  );
}
