// First, because pages are watched from their registration on
import './tracking';
import Vue from 'vue';
import App from './App';

App.mpType = 'app';
new Vue(App).$mount();
