import { Button, Input, View } from '@tarojs/components';
import Taro, { useShareAppMessage } from '@tarojs/taro';
import { useState } from 'react';

export default function Home() {
  const [count, setCount] = useState(0);
  useShareAppMessage(() => ({ title: '春茶', path: '/pages/home/index?sku=T-101' }));
  const open = () => Taro.navigateTo({ url: '/pages/cart/index?sku=T-101&phone=13800138000' });
  return (
    <View>
      <View id="card" data-track="card" data-track-sku="T-101" onClick={open}>
        <Button id="add" data-track="add" data-track-sku="T-101" onClick={() => setCount(count + 1)}>
          加入 {count}
        </Button>
      </View>
      <Button id="more" data-track="more" onClick={() => setCount(count + 1)}>
        更多
      </Button>
      <Button id="quiet" data-firsthand-ignore onClick={() => setCount(count + 1)}>
        不采集
      </Button>
      {count > 1 && (
        <Button id="later" data-track="later" onClick={() => setCount(count + 1)}>
          后来才有
        </Button>
      )}
      <Input id="search" onInput={() => {}} onConfirm={() => {}} data-track="search" />
    </View>
  );
}
